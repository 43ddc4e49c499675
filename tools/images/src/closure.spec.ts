import { closureOf, type Lock } from './closure.js';

const lock: Lock = {
  'apps/auth': { dependencies: { '@relais/bus': '1', zod: '4' } },
  'libs/bus': { dependencies: { ws: '8' }, optionalDependencies: { native: '1', 'native-mac': '1' } },
  'node_modules/@relais/bus': { link: true, resolved: 'libs/bus' },
  'node_modules/zod': { version: '4.0.0' },
  'node_modules/ws': { version: '8.0.0', dependencies: { zod: '3' } },
  'node_modules/ws/node_modules/zod': { version: '3.0.0', dependencies: { deep: '1' } },
  'node_modules/deep': { version: '1.0.0' },
  'node_modules/native': { version: '1.0.0' },
  'node_modules/native-mac': { version: '1.0.0' },
  'node_modules/jest': { version: '30.0.0' },
};

describe('what an image needs', () => {
  it('is found as Node finds it, through our own projects and to the end, with what is installed of the optional', () => {
    const needed = closureOf(['apps/auth'], lock, (path) => path !== 'node_modules/native-mac');

    expect(needed.map(({ path }) => path)).toEqual([
      'apps/auth',
      'libs/bus',
      'node_modules/deep',
      'node_modules/native',
      'node_modules/ws',
      'node_modules/ws/node_modules/zod',
      'node_modules/zod',
    ]);
    expect(needed.filter(({ isOurs }) => isOurs).map(({ path }) => path)).toEqual(['apps/auth', 'libs/bus']);
  });

  it('is refused where the lock does not know it', () => {
    const broken = { ...lock, 'node_modules/deep': { version: '1.0.0', dependencies: { lost: '1' } } };

    expect(() => closureOf(['apps/auth'], broken, () => true)).toThrow(
      'package-lock.json has no lost for node_modules/deep',
    );
  });
});
