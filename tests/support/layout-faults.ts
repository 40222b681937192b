import type { Page } from 'playwright-core';

/**
 * What is wrong with how a page is laid out at its width, in words; empty where nothing is. Looked for: the page scrolls
 * sideways, something reaches over its edge, and a cell of a table is narrower than what stands in it. Text of any length
 * (`data-clips`) may be cut short, but not below some words.
 */
export function layoutFaultsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { document, innerWidth, getComputedStyle } = globalThis as unknown as Window & { innerWidth: number };
    const readable = 90;
    const faults: string[] = [];
    const all = (selector: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(selector)];
    const told = (element: HTMLElement) => element.outerHTML.slice(0, 160);

    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`the page is ${scrollWidth} px wide in ${clientWidth} px`);

    const isCut = (element: HTMLElement): boolean => {
      for (let parent = element.parentElement; parent; parent = parent.parentElement)
        if (/auto|scroll|hidden|clip/.test(getComputedStyle(parent).overflowX)) return true;
      return false;
    };
    for (const element of all('main *, header *, nav *')) {
      const { right, width, height } = element.getBoundingClientRect();
      if (width > 1 && height > 1 && right > innerWidth + 1 && !isCut(element))
        faults.push(`reaches ${Math.round(right - innerWidth)} px over the edge: ${told(element)}`);
    }
    for (const cell of all('table :is(td, th)')) {
      const missing = cell.scrollWidth - cell.clientWidth;
      if (missing > 0 && !(cell.hasAttribute('data-clips') && cell.clientWidth >= readable))
        faults.push(`a cell of ${cell.clientWidth} px lacks ${missing} px: ${told(cell)}`);
    }
    return faults;
  });
}
