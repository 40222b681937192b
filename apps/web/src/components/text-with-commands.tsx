/** Commands that the catalogue quotes ("bigeye-agent …", "docker …") stand out as code. */
const quoted = /"((?:bigeye-agent|docker|sudo) [^"]+)"/g;

/** The first quoted command of a sentence, if any: what a copy button copies. */
export const commandIn = (text: string): string | undefined => new RegExp(quoted).exec(text)?.[1];

export function TextWithCommands({ text }: { text: string }) {
  const parts = text.split(quoted);
  return (
    <>
      {parts.map((part, index) =>
        index % 2 === 1 ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence never change.
          <code key={`${index} ${part}`} className="mono" style={{ color: 'var(--text)' }}>
            {part}
          </code>
        ) : (
          part
        ),
      )}
    </>
  );
}
