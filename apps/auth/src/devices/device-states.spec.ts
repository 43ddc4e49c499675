import { deviceState } from '@relais/contracts';
import { mayBecome } from './device-states.js';

describe('the states of a device', () => {
  it('follow one another in these ways and no other', () => {
    const ways = deviceState.options.flatMap((from) =>
      deviceState.options.filter((to) => mayBecome(from, to)).map((to) => `${from} → ${to}`),
    );

    expect(ways).toEqual([
      'pending → active',
      'pending → gone',
      'active → suspended',
      'active → wipe_pending',
      'active → gone',
      'suspended → active',
      'suspended → wipe_pending',
      'suspended → gone',
      'wipe_pending → suspended',
      'wipe_pending → wiped',
      'wipe_pending → gone',
      'wiped → gone',
    ]);
  });
});
