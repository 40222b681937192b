import { styleNonce } from './lib/content-policy.ts';
import './app/layers.css';
// In a layer of its own: whatever the order in which styles come, ours count more.
import '@mantine/core/styles.layer.css';
import './app/theme.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createQueryClient } from './app/query-client.ts';
import { createAppRouter, loadPages } from './app/router.tsx';
import { theme } from './app/theme.ts';

const queryClient = createQueryClient({ onSignedOut: () => void router.invalidate() });
const router = createAppRouter(queryClient);

// Pages that were not opened yet come while nobody waits, so that a way to them is quick and needs no network then.
addEventListener('load', () => setTimeout(() => void loadPages(router), 2000));

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={styleNonce}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
