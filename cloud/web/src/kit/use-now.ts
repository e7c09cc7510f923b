// The time, for pages that say how long something goes on: drawing them twice gives the same.

import { useEffect, useState } from 'react';

const RENEW_MS = 5_000;

/** Ms by this device's clock, at most five seconds old. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), RENEW_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
