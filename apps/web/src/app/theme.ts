import {
  ActionIcon,
  Button,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  Menu,
  Modal,
  NumberInput,
  PasswordInput,
  Popover,
  Select,
  Switch,
  TagsInput,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core';

/** The only colour of controls: colour is kept for status. */
const ink: MantineColorsTuple = [
  '#f1f2f4',
  '#e4e5e9',
  '#c9ccd2',
  '#a4a8b1',
  '#82868f',
  '#676b74',
  '#4c5058',
  '#34373d',
  '#26282d',
  '#1a1b1f',
];

/** The greys of dark controls, on the same scale as the page's. */
const dark: MantineColorsTuple = [
  '#e9eaed',
  '#c6c9d0',
  '#a6aab3',
  '#8a8f99',
  '#3d4047',
  '#222428',
  '#18191c',
  '#131417',
  '#0f1012',
  '#0b0c0d',
];

const small = { defaultProps: { size: 'xs' } } as const;
const field = { defaultProps: { size: 'sm' } } as const;

export const theme = createTheme({
  colors: { ink, dark },
  primaryColor: 'ink',
  primaryShade: { light: 9, dark: 0 },
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    if (input.variant !== 'filled' || (input.color && input.color !== 'ink')) return colors;
    return {
      ...colors,
      background: 'var(--text)',
      hover: 'color-mix(in srgb, var(--text) 86%, var(--bg))',
      color: 'var(--bg)',
    };
  },
  defaultRadius: 6,
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  headings: { fontWeight: '600' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  components: {
    Button: Button.extend({ defaultProps: { size: 'xs' } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', size: 'md' } }),
    TextInput: TextInput.extend(field),
    NumberInput: NumberInput.extend(field),
    PasswordInput: PasswordInput.extend(field),
    Textarea: Textarea.extend(field),
    TagsInput: TagsInput.extend(field),
    Select: Select.extend({
      defaultProps: {
        size: 'sm',
        checkIconPosition: 'right',
        comboboxProps: { shadow: 'md', transitionProps: { duration: 0 } },
      },
    }),
    Switch: Switch.extend(small),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        transitionProps: { duration: 0 },
        overlayProps: { opacity: 0.5 },
        closeButtonProps: { 'aria-label': 'Close' },
        // It would be a second banner of the page.
        attributes: { header: { role: 'presentation' } },
      },
    }),
    Menu: Menu.extend({ defaultProps: { shadow: 'md', position: 'bottom-end', transitionProps: { duration: 0 } } }),
    Popover: Popover.extend({ defaultProps: { shadow: 'md', transitionProps: { duration: 0 } } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, transitionProps: { duration: 0 }, withArrow: false } }),
  },
});
