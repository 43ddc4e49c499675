// A directory to try things with: OpenLDAP on loopback with twenty people and three groups. Ends with Ctrl-C; keeps nothing.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SLAPD = '/usr/sbin/slapd';
const PORT = Number(process.argv[2] ?? 3890);
const SUFFIX = 'dc=brigade,dc=example';
const NAMES = ['Ada', 'Ben', 'Cleo', 'Dana', 'Emil', 'Finn', 'Gerd', 'Hanna', 'Ida', 'Jan'];

if (!existsSync(SLAPD)) {
  console.error('directory: there is no slapd on this machine: apt-get install slapd');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'relais-directory-'));
const people = NAMES.flatMap((name) => [`${name} Able`, `${name} Baker`]);
const uid = (name) => name.toLowerCase().replace(' ', '.');
/** One of them has a number that only works within their own country. */
const phone = (name) => (name === 'Jan Able' ? '030 1234567' : `+49 151 000000${10 + people.indexOf(name)}`);
const dn = (name) => `uid=${uid(name)},ou=people,${SUFFIX}`;
const group = (name, members) =>
  `dn: cn=${name},ou=groups,${SUFFIX}\nobjectClass: groupOfNames\ncn: ${name}\n${members.map((member) => `member: ${member}`).join('\n')}`;
const ldif = [
  `dn: ${SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: brigade\no: Brigade`,
  ...['people', 'groups'].map((name) => `dn: ou=${name},${SUFFIX}\nobjectClass: organizationalUnit\nou: ${name}`),
  ...people.map(
    (name) =>
      `dn: ${dn(name)}\nobjectClass: inetOrgPerson\nuid: ${uid(name)}\ncn: ${name}\nsn: ${name.split(' ')[1]}\n` +
      `mail: ${uid(name)}@brigade.example\nmobile: ${phone(name)}\nuserPassword: password of ${uid(name)}`,
  ),
  group('crew', [...people.slice(0, 8).map(dn), `cn=night,ou=groups,${SUFFIX}`]),
  group('night', people.slice(8, 12).map(dn)),
  group('chiefs', people.slice(0, 1).map(dn)),
];
mkdirSync(join(folder, 'data'));
writeFileSync(join(folder, 'people.ldif'), `${ldif.join('\n\n')}\n`);
writeFileSync(
  join(folder, 'slapd.conf'),
  ['core', 'cosine', 'inetorgperson'].map((schema) => `include /etc/ldap/schema/${schema}.schema\n`).join('') +
    `modulepath /usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\nsuffix "${SUFFIX}"\n` +
    `rootdn "cn=admin,${SUFFIX}"\nrootpw secret\ndirectory ${join(folder, 'data')}\n`,
);
const files = ['-f', join(folder, 'slapd.conf')];
execFileSync('/usr/sbin/slapadd', ['-q', ...files, '-l', join(folder, 'people.ldif')], { stdio: 'ignore' });
const server = spawn(SLAPD, ['-h', `ldap://127.0.0.1:${PORT}`, ...files, '-d', '0'], { stdio: 'ignore' });
server.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill());
console.log(
  `directory: ${people.length} people at ldap://127.0.0.1:${PORT}, as cn=admin,${SUFFIX} with the password "secret"`,
);
