import { newId } from '@relais/kernel';
import { ShownIds } from './shown-ids.js';

const [ours, theirs] = [newId(), newId()];
const entryOf = (conversationId: string, id = newId()): string =>
  JSON.stringify({ type: 'entry', entry: { id, conversationId, seq: 1, body: { text: 'good morning' } } });

describe('ids that were shown', () => {
  let shown: ShownIds;

  beforeEach(() => {
    shown = new ShownIds();
    shown.note(ours, JSON.stringify({ organizationId: ours, userId: newId() }));
    shown.note(theirs, JSON.stringify({ organizationId: theirs, userId: newId() }));
  });

  it('are not shared when each organization sees its own, however often', () => {
    const [ourTalk, theirTalk] = [newId(), newId()];

    for (let seq = 0; seq < 3; seq++) {
      shown.note(ours, entryOf(ourTalk));
      shown.note(theirs, entryOf(theirTalk));
    }

    expect(shown.organizations).toBe(2);
    expect(shown.shared()).toEqual([]);
  });

  it('are shared when an entry of one organization reaches another: its own id and its conversation', () => {
    const [talk, id] = [newId(), newId()];

    shown.note(ours, entryOf(talk, id));
    shown.note(theirs, entryOf(talk, id));

    expect(shown.shared().toSorted()).toEqual([talk, id].toSorted());
  });

  it('are shared when a page names the other organization in a place nobody looks at', () => {
    shown.note(theirs, `{"items":[],"cursor":"after:${ours.toUpperCase()}"}`);

    expect(shown.shared()).toEqual([ours]);
  });
});
