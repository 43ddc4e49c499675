import { bindToProcess, dropOrphans } from './owner.js';
import { isRunning } from './process.js';
import { Stack } from './stack.js';

describe('a stack that is bound to a process', () => {
  const stacks: Stack[] = [];
  const open = (label: string) => {
    const stack = Stack.open(`owner-${label}-${process.pid}`);
    stacks.push(stack);
    return stack;
  };

  afterAll(async () => {
    for (const stack of stacks.filter(({ name }) => Stack.exists(name))) {
      for (const { name } of [...stack.processes]) await stack.stop(name, 0);
      stack.purge();
    }
  });

  it('is stopped and deleted when that process is gone, and left alone while it lives', async () => {
    const [orphan, child] = [open('orphan'), open('child')];
    const gone = orphan.start({ name: 'nats', command: 'sleep', args: ['60'] });
    const kept = child.start({ name: 'nats', command: 'sleep', args: ['60'] });
    bindToProcess(orphan, 2 ** 22 + 1);
    bindToProcess(child, process.pid);

    await dropOrphans();

    expect(isRunning(gone)).toBe(false);
    expect(Stack.exists(orphan.name)).toBe(false);
    expect(isRunning(kept)).toBe(true);
  });
});
