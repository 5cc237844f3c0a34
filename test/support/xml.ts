/** An element of a well-formed XML document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, references resolved, white space kept. */
  readonly text: string;
}

const references: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/**
 * A strict reader of the XML that reports use: declaration, elements, attributes in double quotes, text and references. Anything
 * else, a character that XML 1.0 forbids included, is an error.
 */
export function parseXml(source: string): XmlElement {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 forbids
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udfff]/u.test(source))
    throw new Error("a forbidden character");
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const sticky = new RegExp(pattern, "uy");
    sticky.lastIndex = at;
    const found = sticky.exec(source);
    if (found) at = sticky.lastIndex;
    return found;
  };
  const wanted = (pattern: RegExp): RegExpExecArray => {
    const found = take(pattern);
    if (!found) throw new Error(`at ${at}: ${source.slice(at, at + 40)}, expected ${pattern.source}`);
    return found;
  };
  const element = (): XmlElement => {
    const [, name] = wanted(/<([\w-]+)/);
    const attributes = new Map<string, string>();
    for (let found = take(/\s+([\w-]+)="([^"<]*)"/); found; found = take(/\s+([\w-]+)="([^"<]*)"/)) {
      if (attributes.has(found[1])) throw new Error(`${name}: attribute ${found[1]} twice`);
      // A parser turns white space in attributes into spaces.
      attributes.set(found[1], resolved(found[2].replace(/[\t\n\r]/g, " ")));
    }
    if (take(/\s*\/>/)) return { name, attributes, children: [], text: "" };
    wanted(/\s*>/);
    const children: XmlElement[] = [];
    let text = "";
    while (!take(new RegExp(`</${name}\\s*>`))) {
      const words = take(/[^<]+/);
      if (words) text += resolved(words[0]);
      else children.push(element());
    }
    return { name, attributes, children, text };
  };
  take(/<\?xml version="1\.0" encoding="UTF-8"\?>\s*/);
  const root = element();
  take(/\s*/);
  if (at !== source.length) throw new Error(`at ${at}: more after the root`);
  return root;
}

function resolved(text: string): string {
  if (text.includes("]]>")) throw new Error("]]> in text");
  return text.replace(/&([^;]*;?)/g, (all, reference: string) => {
    const code = /^#(\d+);$/.exec(reference)?.[1];
    const character = code ? String.fromCodePoint(Number(code)) : references[reference.slice(0, -1)];
    if (character === undefined || !reference.endsWith(";")) throw new Error(`the reference ${all}`);
    return character;
  });
}
