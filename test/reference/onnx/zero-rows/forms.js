/** Trials of one subject: form → draw, or → [first operator set, draw]. */
export function forms(subject, from, named) {
  return Object.entries(named).map(([form, how]) => {
    const [since, draw] = Array.isArray(how) ? how : [from, how];
    return { subject, form, from: since, draw };
  });
}
