/** Topics of `eexit help <topic>`, in their order; the pages are loaded when one is asked for. */
export const topicNames = ["formats", "risks", "methods", "exit-codes"] as const;

export type TopicName = (typeof topicNames)[number];
