import { brokenTables } from './broken-tables.js';

const SQL = `CREATE TABLE public.note (
    id uuid NOT NULL,
    kind text DEFAULT 'plain'::text NOT NULL,
    title character varying(40),
    size integer,
    "position" bigint NOT NULL,
    CONSTRAINT note_kind_check CHECK ((kind = ANY (ARRAY['plain'::text, 'rich'::text])))
)
WITH (fillfactor='70');

ALTER TABLE public.note ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.note_position_seq
);

ALTER TABLE ONLY public.note
    ADD CONSTRAINT note_pkey PRIMARY KEY (id);

CREATE UNIQUE INDEX note_title_key ON public.note USING btree (title) WHERE (size IS NULL);
`;

const after = (from: string, to: string): string[] => {
  expect(SQL).toContain(from);
  return brokenTables(SQL, SQL.replace(from, to));
};

describe('a migration', () => {
  it.each([
    ['drops a table', 'CREATE TABLE public.note (', 'CREATE TABLE public.remark (', 'note: is gone'],
    ['drops a column', '    size integer,\n', '', 'note.size: is gone'],
    ['renames a column', '    size integer,', '    length integer,', 'note.size: is gone'],
    ['narrows a type', 'size integer', 'size smallint', 'note.size: was integer, is smallint'],
    ['changes a type', 'id uuid', 'id text', 'note.id: was uuid, is text'],
    [
      'shortens a text',
      'varying(40)',
      'varying(20)',
      'note.title: was character varying(40), is character varying(20)',
    ],
    ['forbids null', 'size integer', 'size integer NOT NULL', 'note.size: must not be null any more'],
    ['takes a default away', " DEFAULT 'plain'::text", '', 'note.kind: has no default any more'],
    ['takes an identity away', 'ADD GENERATED ALWAYS', 'SET STATISTICS', 'note."position": has no default any more'],
    [
      'adds what must be filled in',
      '    size integer,',
      '    size integer,\n    owner uuid NOT NULL,',
      'note.owner: must be filled in, and has no default',
    ],
    [
      'lets fewer values pass',
      ", 'rich'::text",
      '',
      "note: note_kind_check was CHECK ((kind = ANY (ARRAY['plain'::text, 'rich'::text]))), is CHECK ((kind = ANY (ARRAY['plain'::text])))",
    ],
    [
      'adds a condition on what was there',
      '    CONSTRAINT',
      '    CONSTRAINT note_size_check CHECK ((size > 0)),\n    CONSTRAINT',
      'note: note_size_check is new: CHECK ((size > 0))',
    ],
    [
      'lets a key go that conflicts are found by',
      'PRIMARY KEY (id)',
      'PRIMARY KEY (id, kind)',
      'note: (id) is not unique any more, and may be what a conflict is found by',
    ],
    [
      'forbids two of the same',
      'CREATE UNIQUE INDEX note_title_key',
      'CREATE UNIQUE INDEX note_size_key ON public.note USING btree (size);\nCREATE UNIQUE INDEX note_title_key',
      'note: (size) must be unique',
    ],
  ])('that %s is found', (_, from, to, finding) => expect(after(from, to)).toContain(finding));

  it.each([
    ['nothing', 'CREATE TABLE', 'CREATE TABLE'],
    ['a column that may be null', 'size integer,', 'size integer,\n    owner uuid,'],
    ['a column with a default', 'size integer,', 'size integer,\n    is_read boolean DEFAULT false NOT NULL,'],
    ['a wider type', 'size integer', 'size bigint'],
    ['a longer text', 'varying(40)', 'varying(80)'],
    ['room for null', 'id uuid NOT NULL', 'id uuid'],
    ['a value', "'rich'::text]", "'rich'::text, 'sealed'::text]"],
    [
      'a condition on its own column',
      'size integer,',
      'size integer,\n    grade integer,\n    CONSTRAINT grade_check CHECK ((grade > 0)),',
    ],
    ['an index under another name', 'note_title_key', 'note_by_title'],
    [
      'a table',
      'CREATE TABLE public.note (',
      'CREATE TABLE public.other (\n    id uuid NOT NULL\n);\n\nCREATE TABLE public.note (',
    ],
  ])('that adds %s breaks nothing', (_, from, to) => expect(after(from, to)).toEqual([]));
});
