/**
 * Whether a type written here exists at run time all the same: TypeScript emits the types of a decorated class's
 * constructor, and those of decorated members, for Nest to inject by.
 */
const isEmitted = (node) => {
  let child = node;
  for (let at = node.parent; at; child = at, at = at.parent) {
    const isMember = at.type === 'MethodDefinition' || at.type === 'PropertyDefinition';
    if (isMember && at.decorators?.length > 0) return true;
    if (at.type === 'FunctionExpression' && at.body === child) return false;
    if (isMember && at.kind === 'constructor') return at.parent.parent.decorators?.length > 0;
  }
  return false;
};

const isOnlyType = (reference) =>
  reference.isTypeReference && !reference.isValueReference && !isEmitted(reference.identifier);

/**
 * What is only a type is imported as one. oxlint's own consistent-type-imports does not know emitted decorator metadata
 * (oxc issue 13609) and would have Nest's constructor parameters turned into nothing.
 */
export const typeImports = {
  create(context) {
    const { sourceCode } = context;
    return {
      ImportDeclaration(node) {
        if (node.importKind === 'type') return;
        for (const specifier of node.specifiers) {
          if (specifier.importKind === 'type') continue;
          const references = sourceCode.getDeclaredVariables(specifier).flatMap((variable) => variable.references);
          if (references.length === 0 || !references.every(isOnlyType)) continue;
          context.report({ node: specifier, message: `${specifier.local.name} is only a type: import it with "type"` });
        }
      },
    };
  },
};
