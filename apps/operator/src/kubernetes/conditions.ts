export interface Condition {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
  observedGeneration: number;
  lastTransitionTime: string;
}

export type Said = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** What holds of this generation, and since when each of it does. */
export const conditionsSince = (
  said: readonly Said[],
  before: readonly Condition[] | undefined,
  observedGeneration: number,
  now: Date,
): Condition[] =>
  said.map((condition) => {
    const earlier = before?.find(({ type }) => type === condition.type);
    const isSame = earlier?.status === condition.status;
    return {
      ...condition,
      observedGeneration,
      lastTransitionTime: isSame ? earlier.lastTransitionTime : now.toISOString(),
    };
  });
