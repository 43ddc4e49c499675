import { readProbeOptions } from './probe-options.js';

describe('the command line of relais-probe', () => {
  it('watches on loopback where nothing is said', () => {
    expect(readProbeOptions([])).toMatchObject({
      ...{ kind: 'watch', host: '127.0.0.1', port: 9_464, everySeconds: 15, withinSeconds: 10, gateways: [] },
    });
  });

  it.each([
    [['--every', '4'], '--every is a number from 5'],
    [['--every', '5', '--within', '6'], '--within is at most --every'],
    [['--port', 'http'], '--port is a number from 0'],
    [['--fast'], "Unknown option '--fast'"],
  ])('%j is refused with what to do', (args, message) => {
    expect(() => readProbeOptions(args)).toThrow(message);
  });
});
