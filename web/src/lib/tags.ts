// "a, b,,a" -> ["a", "b"]: tags as they are typed.
export function parseTags(text: string): string[] {
  return [...new Set(text.split(',').map((tag) => tag.trim().replace(/^#/, '')))].filter((tag) => tag !== '');
}
