const SQL_METHODS = new Set(['query', 'where', 'andWhere', 'orWhere', 'having', 'andHaving', 'orHaving']);

const isText = (node) => node.type === 'Literal' || (node.type === 'TemplateLiteral' && node.expressions.length === 0);

/** Whether the text of a statement is put together from values at run time, where it can be seen to be. */
const isAssembled = (node) => {
  if (node.type === 'TemplateLiteral') return node.expressions.length > 0;
  if (node.type === 'BinaryExpression') return !isConstantSum(node);
  if (node.type === 'ObjectExpression')
    return node.properties.some((property) => property.key?.name === 'text' && isAssembled(property.value));
  return false;
};

const isConstantSum = (node) =>
  isText(node) || (node.type === 'BinaryExpression' && isConstantSum(node.left) && isConstantSum(node.right));

/** Values reach SQL as $1, $2, … and never as part of the statement's text. */
export const parametrisedSql = {
  create(context) {
    return {
      CallExpression({ callee, arguments: [first] }) {
        if (callee.type !== 'MemberExpression' || !SQL_METHODS.has(callee.property.name)) return;
        if (first && isAssembled(first)) {
          context.report({ node: first, message: 'SQL is one constant text: pass values as parameters ($1, $2, …)' });
        }
      },
    };
  },
};
