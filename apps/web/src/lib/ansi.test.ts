import { expect, test } from 'vitest';
import { parseAnsi, withoutAnsi } from './ansi.ts';

const esc = '\u001b[';

test('a plain line is one piece', () => {
  expect(parseAnsi('connecting to warehouse:5432')).toEqual([{ text: 'connecting to warehouse:5432' }]);
});

test('colours and weight begin and end where the codes say', () => {
  expect(parseAnsi(`${esc}1;31mERROR${esc}0m no route ${esc}92mretry${esc}39m.`)).toEqual([
    { text: 'ERROR', color: 1, bold: true },
    { text: ' no route ' },
    { text: 'retry', color: 10 },
    { text: '.' },
  ]);
});

test('256 and true colours become hexadecimal', () => {
  expect(parseAnsi(`${esc}38;5;196ma${esc}38;2;1;2;255mb${esc}48;5;244mc`)).toEqual([
    { text: 'a', color: '#ff0000' },
    { text: 'b', color: '#0102ff' },
    { text: 'c', color: '#0102ff', background: '#808080' },
  ]);
});

test('codes that move the cursor or set a title are not shown', () => {
  expect(withoutAnsi(`${esc}2K${esc}1Gdone\u001b]0;title\u0007!`)).toBe('done!');
});

test('of a line that was overwritten the last state is shown', () => {
  expect(withoutAnsi('10 %\r50 %\r100 %\r')).toBe('100 %');
});
