/**
 * The part of jq that the documents use, so that tests need Node only: `.`, paths `.a.b[0]`, `.a[]`, objects
 * `{a, b: .c.d}` and `|` between them. Output is pretty-printed as by jq, compact with `-c`, bare strings with `-r`.
 */
export function smallJq(args: readonly string[], input: string): string {
  const flags = args.filter((word) => word.startsWith("-")).join("");
  const [filter = "."] = args.filter((word) => !word.startsWith("-"));
  const texts = filter
    .split("|")
    .reduce<unknown[]>((values, step) => values.flatMap((value) => apply(step.trim(), value)), [JSON.parse(input)])
    .map((value) =>
      flags.includes("r") && typeof value === "string"
        ? value
        : JSON.stringify(value, null, flags.includes("c") ? 0 : 2),
    );
  return texts.map((text) => `${text}\n`).join("");
}

function apply(step: string, value: unknown): unknown[] {
  const fields = /^\{(.*)\}$/s.exec(step)?.[1];
  if (fields === undefined) return follow(step, value);
  return [
    Object.fromEntries(
      fields.split(",").map((field) => {
        const [key, path = `.${key.trim()}`] = field.split(/:(.*)/s);
        return [key.trim(), follow(path.trim(), value)[0]];
      }),
    ),
  ];
}

function follow(path: string, value: unknown): unknown[] {
  if (!/^\.(\w+|\[\d*\]|\.)*$/.test(path)) throw new Error(`jq filter ${path}: not supported in documents`);
  let values: unknown[] = [value];
  for (const word of path.match(/\w+|\[\]/g) ?? []) {
    values = values.flatMap((each) =>
      word === "[]" ? (each as unknown[]) : [(each as Record<string, unknown> | null)?.[word] ?? null],
    );
  }
  return values;
}
