/** Names under which labels are looked for, beside logits and in files of their own. */
export const labelKeys = ["labels", "label", "targets", "target"];
