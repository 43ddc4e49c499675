interface Shown {
  delivered: number;
  read: number;
}

/**
 * What members learn of how far the others have come. Off unless the organization turns it on: such marks are suited to
 * watching people at work, and a works council has a say in that.
 */
export class ReceiptSharing {
  constructor(readonly level: 'none' | 'delivered' | 'read') {}
}

/** What the others learn of a mark that rose; undefined when it is none, so that not even the moment tells. */
export function newsTo(sharing: ReceiptSharing, mark: Shown, before: Shown): Shown | undefined {
  const [shown, known] = [shownTo(sharing, mark), shownTo(sharing, before)];
  return shown?.delivered === known?.delivered && shown?.read === known?.read ? undefined : shown;
}

/** The part of somebody's marks that others may see; undefined when it is none. */
export function shownTo({ level }: ReceiptSharing, mark: Shown): Shown | undefined {
  if (level === 'none') return undefined;
  return { delivered: mark.delivered, read: level === 'read' ? mark.read : 0 };
}
