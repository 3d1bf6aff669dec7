// Replaces the generated parts of pages in docs/, between `<!-- begin NAME: … -->` and `<!-- end NAME -->`. The rest of
// such a page is written by hand.
import { readFileSync } from 'node:fs';

/** Returns the page with its generated parts replaced by `parts`, a text for each name. */
export function pageWithParts(path, parts) {
  return Object.entries(parts).reduce(
    (page, [name, text]) => {
      const part = new RegExp(`(<!-- begin ${name}: [^\\n]*-->\\n)[^]*?(\\n *<!-- end ${name} -->)`);
      if (!part.test(page)) throw new Error(`${path} has no part "${name}"`);
      return page.replace(part, (_, begin, end) => `${begin}${text}${end}`);
    },
    readFileSync(path, 'utf8'),
  );
}
