// The shape of a whole chat, taken from its export as a tree: which message answers which.

import { BranchTree, type Node } from './branches';

// Message ids are written "m42"; an export may give the bare number.
export function messageId(value: unknown): string | null {
  if (typeof value === 'number') return value > 0 ? `m${value}` : null;
  if (typeof value !== 'string' || value === '' || value === '0') return null;
  return /^\d+$/.test(value) ? `m${value}` : value;
}

// An export that cannot be understood gives an empty tree: the chat is then shown
// without its branches.
export function treeOfExport(text: string): BranchTree {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return new BranchTree([]);
  }
  const nodes: Node[] = [];
  for (const message of messagesIn(document)) {
    const id = messageId(message['id']);
    if (id !== null) nodes.push({ id, parent: messageId(message['parent']) });
  }
  return new BranchTree(nodes);
}

function messagesIn(document: unknown): Record<string, unknown>[] {
  if (Array.isArray(document)) return document.filter(isObject);
  if (!isObject(document)) return [];
  if (Array.isArray(document['messages'])) return document['messages'].filter(isObject);
  return isObject(document['chat']) ? messagesIn(document['chat']) : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
