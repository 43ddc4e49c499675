/** Waits for something that happens by itself. Ends after 15 s at the latest, so that a failure does not hang the run. */
export async function until(isTrue: () => boolean | Promise<boolean>, what = 'it'): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
