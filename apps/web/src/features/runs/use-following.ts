import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';

/** Closer to the end than this many pixels counts as being there. */
const endMargin = 40;

/** Keeps the end of what scrolls in view while it grows to `size`, as long as the reader has not scrolled away from it. */
export function useFollowing(scroll: RefObject<HTMLElement | null>, atFirst: boolean, size: number) {
  const [isAtEnd, setIsAtEnd] = useState(atFirst);
  const following = useRef(atFirst);

  const toEnd = useCallback(() => {
    following.current = true;
    setIsAtEnd(true);
    if (scroll.current) scroll.current.scrollTop = scroll.current.scrollHeight;
  }, [scroll]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the size is what pushes the end out of view.
  useLayoutEffect(() => {
    if (following.current) toEnd();
  }, [size, toEnd]);

  const onScroll = () => {
    const element = scroll.current;
    if (!element) return;
    following.current = element.scrollHeight - element.scrollTop - element.clientHeight < endMargin;
    setIsAtEnd(following.current);
  };
  const leaveEnd = useCallback(() => {
    following.current = false;
  }, []);
  return { isAtEnd, onScroll, toEnd, leaveEnd };
}
