/** Stands for what a reader's shell or the reader puts in: `$NAME`, `$(…)`, and the ellipsis of an example. An id, as most are. */
export const FILLED_IN = '0198a1b2-0000-7000-8000-000000000000';

const END = /[|;&<>)\n#]/;

/** The words of the command that begins a text, as a shell makes them; up to where the command ends. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  let rest = text.replaceAll('\\\n', ' ').replace(/^ +/, '');
  while (rest !== '' && !END.test(rest[0]!)) {
    const [word, after] = readWord(rest);
    words.push(word);
    rest = after.replace(/^ +/, '');
  }
  return words;
}

function readWord(text: string): [word: string, after: string] {
  let [word, rest] = ['', text];
  while (rest !== '' && rest[0] !== ' ' && !/[|;&<>)\n]/.test(rest[0]!)) {
    const [part, after] = readPart(rest);
    [word, rest] = [word + part, after];
  }
  return [word, rest];
}

function readPart(text: string): [part: string, after: string] {
  const [first] = text;
  if (first === "'") {
    const end = text.indexOf("'", 1);
    return [text.slice(1, end), text.slice(end + 1)];
  }
  if (first === '"') return readQuoted(text.slice(1));
  if (first === '$') return [FILLED_IN, afterExpansion(text)];
  if (first === '\\') return [text[1] ?? '', text.slice(2)];
  return [first!, text.slice(1)];
}

function readQuoted(text: string): [part: string, after: string] {
  let [part, rest] = ['', text];
  while (rest !== '' && rest[0] !== '"') {
    if (rest[0] === '$') [part, rest] = [part + FILLED_IN, afterExpansion(rest)];
    else if (rest[0] === '\\' && /["$\\`]/.test(rest[1] ?? '')) [part, rest] = [part + rest[1]!, rest.slice(2)];
    else [part, rest] = [part + rest[0]!, rest.slice(1)];
  }
  return [part, rest.slice(1)];
}

/** What comes after `$NAME`, `${NAME}`, `$1`, `$@` or `$(…)`. */
function afterExpansion(text: string): string {
  if (!text.startsWith('$(')) return text.replace(/^\$(\{\w+\}|\w+|@)/, '');
  let rest = text.slice(2);
  while (rest !== '' && rest[0] !== ')') {
    if (rest[0] === '(') rest = afterExpansion(`$${rest}`);
    else rest = /^['"$\\]/.test(rest) ? readPart(rest)[1] : rest.slice(1);
  }
  return rest.slice(1);
}

/** What here-documents of a text write into which files. */
export const filesWrittenIn = (text: string): Map<string, string> =>
  new Map(
    [...text.matchAll(/^ *cat > (\S+) <<(['"]?)(\w+)\2\n([^]*?)^ *\3$/gm)].map(([, path, quote, , content]) => [
      path!,
      quote ? content! : content!.replaceAll(/(\\?)\$(\w+)/g, (_, escaped, name) => (escaped ? `$${name}` : FILLED_IN)),
    ]),
  );
