import {
  type ActionIconProps,
  type ButtonProps,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type MenuProps,
  type ModalProps,
  type NumberInputProps,
  type PasswordInputProps,
  type PopoverProps,
  type SelectProps,
  type SwitchProps,
  type TagsInputProps,
  type TextareaProps,
  type TextInputProps,
  type TooltipProps,
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

/** What Mantine's own `extend` gives, without bringing the component into the first script of the page. */
const defaults = <Props>(defaultProps: Partial<Props>) => ({ defaultProps });

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
    Button: defaults<ButtonProps>({ size: 'xs' }),
    ActionIcon: defaults<ActionIconProps>({ variant: 'subtle', size: 'md' }),
    TextInput: defaults<TextInputProps>({ size: 'sm' }),
    NumberInput: defaults<NumberInputProps>({ size: 'sm' }),
    PasswordInput: defaults<PasswordInputProps>({ size: 'sm' }),
    Textarea: defaults<TextareaProps>({ size: 'sm' }),
    TagsInput: defaults<TagsInputProps>({ size: 'sm' }),
    Select: defaults<SelectProps>({
      size: 'sm',
      checkIconPosition: 'right',
      comboboxProps: { shadow: 'md', transitionProps: { duration: 0 } },
    }),
    Switch: defaults<SwitchProps>({ size: 'xs' }),
    Modal: defaults<ModalProps>({
      centered: true,
      transitionProps: { duration: 0 },
      overlayProps: { opacity: 0.5 },
      closeButtonProps: { 'aria-label': 'Close' },
      // Mantine makes the modal's head a <header>, which screen readers would announce as a second banner of the page.
      attributes: { header: { role: 'presentation' } },
    }),
    Menu: defaults<MenuProps>({ shadow: 'md', position: 'bottom-end', transitionProps: { duration: 0 } }),
    Popover: defaults<PopoverProps>({ shadow: 'md', transitionProps: { duration: 0 } }),
    Tooltip: defaults<TooltipProps>({ openDelay: 300, transitionProps: { duration: 0 }, withArrow: false }),
  },
});
