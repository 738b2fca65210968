const cleanups = new Set<() => Promise<void>>();
const signals = ["SIGINT", "SIGTERM"] as const;

function interrupted(): void {
  // The last that was made goes first: it stands on what was made before it.
  const waiting = [...cleanups].reverse();
  void (async () => {
    for (const cleanup of waiting) await cleanup().catch(() => undefined);
    process.exit(130);
  })();
}

/** Runs `cleanup` when the test is interrupted. @returns what takes it back, once the caller has cleaned up itself */
export function onInterrupt(cleanup: () => Promise<void>): () => void {
  if (cleanups.size === 0) for (const signal of signals) process.once(signal, interrupted);
  cleanups.add(cleanup);
  return () => {
    cleanups.delete(cleanup);
    if (cleanups.size === 0) for (const signal of signals) process.off(signal, interrupted);
  };
}
