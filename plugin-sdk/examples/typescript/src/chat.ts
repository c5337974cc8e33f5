export interface Chat {
  messages: { content?: string | { text?: string }[] }[];
}

/** Returns the texts of a chat request: contents, and the text parts of contents that are lists. */
export function texts({ messages }: Chat): string[] {
  return messages.flatMap(({ content }) =>
    typeof content === "string" ? content : (content ?? []).flatMap(({ text }) => text ?? []),
  );
}
