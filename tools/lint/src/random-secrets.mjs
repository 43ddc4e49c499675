const UUID_MAKERS = new Set(['newId', 'randomUUID', 'uuidv4', 'uuidv7', 'v4', 'v7']);

/** A name that promises a secret. `tokenId` and `secretIds` are names of ids, and ids are what UUIDs are for. */
const promisesSecret = (name) => /token|secret|nonce/i.test(name) && !/ids?$/i.test(name);

const nameOf = (node) => node?.name ?? node?.property?.name ?? (typeof node?.value === 'string' ? node.value : '');

/** Whether the value comes straight from a UUID, also when cut, joined or cast. Arguments of other calls do not count. */
const comesFromUuid = (node) => {
  switch (node?.type) {
    case 'CallExpression':
      return UUID_MAKERS.has(nameOf(node.callee)) || comesFromUuid(node.callee);
    case 'MemberExpression':
      return comesFromUuid(node.object);
    case 'TemplateLiteral':
      return node.expressions.some(comesFromUuid);
    case 'BinaryExpression':
    case 'LogicalExpression':
      return comesFromUuid(node.left) || comesFromUuid(node.right);
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'TSSatisfiesExpression':
      return comesFromUuid(node.expression);
    case 'ArrowFunctionExpression':
      return comesFromUuid(node.body);
    default:
      return false;
  }
};

/** Secrets come from randomBytes: a UUID has fewer random bits than it looks, and a UUIDv7 tells its time. */
export const randomSecrets = {
  create(context) {
    const check = (target, value) => {
      if (promisesSecret(nameOf(target)) && comesFromUuid(value)) {
        context.report({ node: value, message: `${nameOf(target)} is a secret: take randomBytes, not a UUID` });
      }
    };
    return {
      VariableDeclarator: ({ id, init }) => check(id, init),
      AssignmentExpression: ({ left, right }) => check(left, right),
      Property: ({ key, value }) => check(key, value),
      PropertyDefinition: ({ key, value }) => check(key, value),
    };
  },
};
