/**
 * The frame that reports share: one HTML page without scripts or external content, fit for archives. Colours follow the
 * reader's light or dark setting, and it prints black on white.
 */

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --page: #ffffff; --set: #0b5cad; --warn: #8a4600; --good: #116329; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9ea7b3; --line: #3d444d; --page: #0d1117; --set: #79b8ff; --warn: #f0b072; --good: #7ee787; } }
@media print { :root { --ink: #000; --soft: #333; --line: #999; --page: #fff; --set: #000; --warn: #000; --good: #000; } details { display: block; } .scroll { overflow: visible; } tr, svg { break-inside: avoid; } }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; color: var(--ink); background: var(--page); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; } h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; overflow-wrap: anywhere; }
p { margin: .25rem 0; } .soft { color: var(--soft); } .set { color: var(--set); font-weight: 600; } .warn { color: var(--warn); } .good { color: var(--good); }
.value { font-family: ui-monospace, monospace; overflow-wrap: break-word; }
.scroll { overflow-x: auto; } @media (max-width: 32rem) { table { font-size: .85rem; } td:first-child { overflow-wrap: anywhere; min-width: 5.4rem; } } table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
tr.overridden td { color: var(--soft); }
svg { display: block; width: 100%; margin: .5rem 0; overflow: visible; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .bar { fill: var(--set); } svg .dot { fill: var(--warn); } svg .axis { stroke: var(--line); }
`;

/** `body` is HTML; the title is text. */
export function reportPage(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${text(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** Renders a table that scrolls by itself on a narrow screen. `rows` is the HTML of whole rows. */
export function reportTable(label: string, columns: readonly string[], rows: readonly string[]): string {
  const head = columns.map((column) => `<th scope="col">${text(column)}</th>`).join('');
  return `<div class="scroll" tabindex="0" role="region" aria-label="${text(label)}"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>
`;
}

/** Renders a row of text cells. */
export function textRow(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${text(cell)}</td>`).join('')}</tr>`;
}

/** Takes milliseconds since 1970, or a time in ISO 8601. */
export function timeText(time: number | string): string {
  return new Date(time).toISOString().replace('T', ' ').slice(0, 19);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text, since names of GPOs and users, and paths, come from others. */
export function text(value: string): string {
  return value.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
