// The name of the page in the browser's tab.

import { useEffect } from 'react';
import { useSettings } from './settings.ts';

export function useTitle(title: string): void {
  const { words } = useSettings();
  useEffect(() => {
    document.title = `${title} – ${words.appName}`;
  }, [title, words]);
}
