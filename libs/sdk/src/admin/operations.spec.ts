import { checkInput, describeOperation, listOperations, operationNamed, parseInput } from './operations.js';

describe('the operations of relais-admin', () => {
  it('are those of the API that need a session', () => {
    expect(listOperations()).toContain('listUsers');
    expect(listOperations()).not.toContain('bootstrap');
  });

  it('are described by what they take and how they fail', () => {
    const described = describeOperation('removePoolUser');

    expect(described).toContain('DELETE /v1/pools/{poolId}/users/{userId}');
    expect(described).toContain('"poolId"');
    expect(described).toContain('last_pool');
  });

  it('are found by name, and a wrong name is answered with those alike', () => {
    expect(operationNamed('me').path).toBe('/v1/me');
    expect(() => operationNamed('listuser')).toThrow('listUsers');
    expect(() => operationNamed('__proto__')).toThrow('no operation');
  });

  it('check what they are given before they send it, field by field', () => {
    expect(() => checkInput(operationNamed('createPool'), { name: 'x', colour: 'red' })).toThrow(/colour[^]*at id/);
    expect(checkInput(operationNamed('me'), {})).toEqual({});
  });

  it('take a JSON object and nothing else', () => {
    expect(parseInput('{"a":1}')).toEqual({ a: 1 });
    for (const text of ['', '[]', 'null', '"x"', '{']) expect(() => parseInput(text)).toThrow('not a JSON object');
  });
});
