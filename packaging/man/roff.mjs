// Writes manual pages with the macros of man(7). Texts may contain the Markdown that the tables in docs/ use: `code`
// and links.

/** Returns a whole page. `sections` is a list of [title, body]; a body comes from the functions below. */
export function manualPage({ name, section, summary, version, date, manual, sections }) {
  const title = `.TH ${name.toUpperCase()} ${section} ${date} "TpmTbs ${version}" "${manual}"`;
  const heading = `.SH NAME\n${text(name)} \\- ${text(summary)}`;
  const lines = [title, heading, ...sections.map(([each, body]) => `.SH ${each}\n${body}`)].join('\n');
  // A heading already starts a paragraph.
  return `${lines.replace(/^(\.S[HS] .*)\n\.PP$/gm, '$1')}\n`;
}

/** Returns a paragraph. */
export function paragraph(markdown) {
  return `.PP\n${text(markdown)}`;
}

export function subsection(title, ...bodies) {
  return [`.SS ${text(title)}`, ...bodies].filter(Boolean).join('\n');
}

/** Returns a list of terms (in bold) with their meanings. */
export function definitions(entries) {
  return entries.map(([term, meaning]) => `.TP\n.B ${text(term)}\n${text(meaning)}`).join('\n');
}

/** Returns lines that are neither filled nor hyphenated. */
export function literal(lines) {
  return `.PP\n.nf\n${lines.map((line) => protectedLine(escaped(line))).join('\n')}\n.fi`;
}

/** Returns a text with Markdown's code in bold; a link becomes its text or the location of its page. */
export function text(markdown) {
  const parts = markdown
    .replace(/\[([^\]]+)\]\(([^)]+)\)/g, (_, words, target) => (words === target ? `\`${pageFile(target)}\`` : words))
    .split(/`([^`]+)`/);
  const line = parts.map((part, index) => (index % 2 === 1 ? `\\fB${escaped(part)}\\fR` : escaped(part))).join('');
  return protectedLine(line);
}

function pageFile(target) {
  return `/usr/share/doc/tpmtbs/${target}`;
}

/** Escapes backslashes, and hyphens that are part of a name or an option. */
function escaped(plain) {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll('“', '\\(lq')
    .replaceAll('”', '\\(rq');
}

/** roff would take a line that begins with a dot or an apostrophe for a request. */
function protectedLine(line) {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}
