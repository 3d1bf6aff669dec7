/** Finds the imports of a TypeScript source, and its code without comments and strings, for the architecture test. */
export interface SourceImport {
  readonly specifier: string;
  /** Whether only types are imported, so that nothing of the module is there at run time. */
  readonly typeOnly: boolean;
}

const COMMENT_OR_STRING = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
const STATIC_IMPORT =
  /^\s*(?:import|export)\s+(type\s+)?(\*\s+as\s+\w+\s+|\*\s+|[\w$]*\s*,?\s*(?:\{[^}]*\}\s*)?)from\s*['"]([^'"\n]+)['"]/gm;
const BARE_IMPORT = /^\s*import\s*['"]([^'"\n]+)['"]/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*['"]([^'"\n]+)['"]/g;

/** Returns every import and re-export of a source, dynamic ones included. */
export function importsOf(source: string): readonly SourceImport[] {
  const code = source.replace(COMMENT_OR_STRING, (token) => (token.startsWith('/') ? ' ' : token));
  const statics = [...code.matchAll(STATIC_IMPORT)].map(([, type, names, specifier]) => {
    return { specifier: specifier as string, typeOnly: type !== undefined || importsTypesOnly(names as string) };
  });
  const others = [...code.matchAll(BARE_IMPORT), ...code.matchAll(DYNAMIC_IMPORT)].map(([, specifier]) => {
    return { specifier: specifier as string, typeOnly: false };
  });
  return [...statics, ...others];
}

function importsTypesOnly(names: string): boolean {
  const braces = /^\s*\{([^}]*)\}\s*$/.exec(names);
  if (braces === null) return false;
  const entries = (braces[1] as string).split(',').map((name) => name.trim());
  const named = entries.filter((name) => name.length > 0);
  return named.length > 0 && named.every((name) => name.startsWith('type '));
}

/** Returns the source without comments and strings; only the expressions of template strings remain. */
export function codeOf(source: string): string {
  return source.replace(COMMENT_OR_STRING, (token) => {
    if (token.startsWith('/')) return ' ';
    if (!token.startsWith('`')) return "''";
    return [...token.matchAll(/\$\{([^}]*)\}/g)].map(([, expression]) => ` ${expression} `).join(';');
  });
}
