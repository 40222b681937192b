import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { root } from './test-stack.ts';

/** The Chromium of this machine. `CHROMIUM` names another. */
export function launchBrowser(): Promise<Browser> {
  mkdirSync(shots, { recursive: true });
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? findChromium(), args: flags });
}

const shots = process.env.SCREENSHOTS ?? join(root, '.data/screenshots');

const flags = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

function findChromium(): string {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  if (!found) throw new Error('no Chromium: run "script/bootstrap test", or set CHROMIUM');
  return found;
}

/** A picture to look at. */
export const shoot = (page: Page, name: string, options: { fullPage?: boolean } = {}): Promise<unknown> =>
  page.screenshot({ path: join(shots, `${name}.png`), ...options });

/** Signs in by password, and waits until somebody is signed in. */
export async function signIn(page: Page, apiUrl: string, who: { email: string; password: string }): Promise<void> {
  await page.goto(`${apiUrl}/sign-in`);
  await page.getByLabel('E-mail').fill(who.email);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}

/** What axe has against the page: each rule with where it is broken. */
export async function axeFaultsOf(page: Page): Promise<[rule: string, html: string[]][]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]);
}

/** Takes the picture at both widths, and asks axe. `name`: with the theme in it. */
export async function look(page: Page, name: string): Promise<void> {
  await shoot(page, `${name}-1440`);
  expect(await axeFaultsOf(page)).toEqual([]);
  await page.setViewportSize({ width: 768, height: 1024 });
  await shoot(page, `${name}-768`);
  await page.setViewportSize({ width: 1440, height: 900 });
}
