// A reply that broke off says so in its text, as a paragraph that api/chat_turn.py writes; here it is shown in the
// language of the page, with a way to ask again.
const MARK = "[The answer broke off here.]";
const PARAGRAPH = "\n\n";

export interface Told {
  readonly text: string;
  readonly isBroken: boolean;
}

export function readBreak(reply: string): Told {
  const paragraphs = reply.split(PARAGRAPH);
  const at = paragraphs.lastIndexOf(MARK);
  return at < 0
    ? { text: reply, isBroken: false }
    : { text: paragraphs.toSpliced(at, 1).join(PARAGRAPH), isBroken: true };
}
