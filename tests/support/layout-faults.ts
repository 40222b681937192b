import type { Page } from 'playwright-core';

/** What is used here of a browser's page: tests are not compiled for one. */
interface ShownElement {
  readonly parentElement: ShownElement | null;
  readonly scrollWidth: number;
  readonly clientWidth: number;
  readonly outerHTML: string;
  hasAttribute(name: string): boolean;
  closest(selector: string): ShownElement | null;
  getBoundingClientRect(): { right: number; width: number; height: number };
}
interface ShownPage {
  document: { documentElement: ShownElement; querySelectorAll(selector: string): Iterable<ShownElement> };
  innerWidth: number;
  getComputedStyle(element: ShownElement): { overflowX: string };
}

/**
 * What is wrong with how a page is laid out at its width, in words; empty where nothing is. Looked for: the page scrolls
 * sideways, something reaches over its edge, and a cell of a table is narrower than what stands in it. Text of any length
 * (`data-clips`) may be cut short, but not below some words.
 */
export function layoutFaultsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { document, innerWidth, getComputedStyle } = globalThis as unknown as ShownPage;
    const readable = 90;
    const faults: string[] = [];
    const all = (selector: string): ShownElement[] => [...document.querySelectorAll(selector)];
    const told = (element: ShownElement) => element.outerHTML.slice(0, 160);

    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`the page is ${scrollWidth} px wide in ${clientWidth} px`);

    const isCut = (element: ShownElement): boolean => {
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
    for (const label of all('button, button span')) {
      const cut = label.scrollWidth - label.clientWidth;
      if (
        cut > 1 &&
        !label.closest('[data-clips]') &&
        label.clientWidth > 1 &&
        getComputedStyle(label).overflowX === 'hidden'
      )
        faults.push(`a button lacks ${cut} px for its words: ${told(label)}`);
    }
    return faults;
  });
}
