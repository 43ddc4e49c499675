const SQL_METHODS = new Set(['query', 'where', 'andWhere', 'orWhere', 'having', 'andHaving', 'orHaving']);

/** The variable a name stands for, seen from a scope outwards. */
const variableOf = (scope, name) => {
  for (let at = scope; at; at = at.upper) {
    const variable = at.set.get(name);
    if (variable) return variable;
  }
  return undefined;
};

/** What a `const` was set to; null for everything that may change or comes from elsewhere. */
const constantOf = (scope, name) => {
  const [definition, ...more] = variableOf(scope, name)?.defs ?? [];
  if (definition?.type !== 'Variable' || more.length > 0 || definition.parent.kind !== 'const') return null;
  return definition.node.id.type === 'Identifier' ? definition.node.init : null;
};

/** An imported name in capitals: by our naming a constant of the file it comes from. */
const isImportedConstant = (scope, name) =>
  /^[A-Z][A-Z0-9_]*$/.test(name) && variableOf(scope, name)?.defs[0]?.type === 'ImportBinding';

/** Whether the text is the same at every run: literals, and constants of this file that are made of literals. */
const isConstant = (node, scope) => {
  switch (node?.type) {
    case 'Literal':
      return true;
    case 'TemplateLiteral':
      return node.expressions.every((expression) => isConstant(expression, scope));
    case 'BinaryExpression':
      return isConstant(node.left, scope) && isConstant(node.right, scope);
    case 'TSAsExpression':
      return isConstant(node.expression, scope);
    case 'Identifier':
      return isImportedConstant(scope, node.name) || isConstant(constantOf(scope, node.name), scope);
    default:
      return false;
  }
};

/** Whether a statement is put together at the call. A plain name is taken for a constant: its making is elsewhere. */
const isAssembled = (node, scope) => {
  if (node.type === 'TemplateLiteral' || node.type === 'BinaryExpression') return !isConstant(node, scope);
  if (node.type !== 'ObjectExpression') return false;
  return node.properties.some(({ key, value }) => key?.name === 'text' && isAssembled(value, scope));
};

/** Text that begins like a statement is one, whatever function it is given to. */
const STATEMENT = /^\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|MERGE INTO|BEGIN|COMMENT ON|ALTER|CREATE|DROP)\b/;
const isStatement = ({ type, quasis }) => type === 'TemplateLiteral' && STATEMENT.test(quasis[0].value.raw);

/** Values reach SQL as $1, $2, … and never as part of the statement's text. */
export const parametrisedSql = {
  create(context) {
    const check = (node) => {
      if (!isAssembled(node, context.sourceCode.getScope(node))) return;
      context.report({ node, message: 'SQL is one constant text: pass values as parameters ($1, $2, …)' });
    };
    return {
      CallExpression({ callee, arguments: [first] }) {
        const isSql = callee.type === 'MemberExpression' && SQL_METHODS.has(callee.property.name);
        if (isSql && first && !isStatement(first)) check(first);
      },
      TemplateLiteral(node) {
        if (isStatement(node)) check(node);
      },
    };
  },
};
