/**
 * What people put together when they must invent a password: the stems of the most used passwords in published
 * breaches, keyboard walks, names and seasons. Every whole password of such lists is shorter than the 15 characters we
 * ask for, so it is the combinations of these that have to be refused.
 */
export const COMMON_STEMS: readonly string[] = `
password passwort passw0rd p@ssw0rd p@ssword pa55word pass kennwort motdepasse contrasena senha wachtwoord parola haslo
qwertyuiop qwertzuiop azertyuiop qwerty qwertz azerty asdfghjkl asdfgh asdf yxcvbnm zxcvbnm zxcvbn qazwsxedc qazwsx qweasdzxc qweasd
1q2w3e4r5t 1q2w3e4r 1q2w3e 1qaz2wsx3edc 1qaz2wsx zaq12wsx q1w2e3r4 abcdefghijklmnopqrstuvwxyz abcdefgh abcdef abc123 abc
admin administrator root login user guest test testing tester default changeme change secret geheim letmein welcome willkommen bienvenue
hello hallo bonjour iloveyou ichliebedich jetaime loveyou love lovely trustno1 master monkey dragon shadow superman batman spiderman
starwars pokemon football fussball soccer baseball basketball hockey liverpool arsenal chelsea barcelona realmadrid bayern dortmund schalke
princess sunshine flower butterfly angel babygirl baby lovers summer sommer winter spring autumn herbst fruehling
january february march april june july august september october november december januar februar maerz juni juli oktober dezember
monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag
michael michelle jennifer jessica daniel thomas andreas stefan martin christian alexander sebastian nicole sabine charlie george jordan hunter
ashley amanda andrew joshua matthew robert william anthony nicholas samantha elizabeth patrick maggie ginger pepper cookie buster
computer internet server company firma business office buero secure security sicherheit geheimnis private mobile samsung google facebook
whatever nothing freedom killer phoenix mustang harley ferrari porsche mercedes corvette yamaha chocolate banana orange apple cheese
germany deutschland berlin hamburg muenchen munich koeln frankfurt london paris amsterdam austria schweiz
relais messenger message chat alarm alert
`
  .trim()
  .split(/\s+/)
  .toSorted((a, b) => b.length - a.length);
