/**
 * What members learn of how far the others have come. Off unless the organization turns it on: such marks are suited to
 * watching people at work, and a works council has a say in that.
 */
export class ReceiptSharing {
  constructor(readonly level: 'none' | 'delivered' | 'read') {}
}

/** The part of somebody's marks that others may see; undefined when it is none. */
export function shownTo({ level }: ReceiptSharing, mark: { delivered: number; read: number }) {
  if (level === 'none') return undefined;
  return { delivered: mark.delivered, read: level === 'read' ? mark.read : 0 };
}
