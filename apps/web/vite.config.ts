import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const controlPlane = process.env.CONTROL_PLANE_URL ?? 'http://127.0.0.1:7700';

export default defineConfig({
  plugins: [react()],
  // The control plane puts a new value in its place in each page it sends.
  html: { cspNonce: 'CSP_NONCE' },
  server: {
    // Vite's short form would send another Host than the page's, and a session counts for its own origin only.
    proxy: Object.fromEntries(
      ['/api', '/healthz', '/openapi.json', '/docs'].map((path) => [
        path,
        { target: controlPlane, changeOrigin: false },
      ]),
    ),
  },
  build: {
    outDir: 'dist',
    // The server's content policy allows no data: addresses but for images.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every page needs, in few files instead of one for each thing that two pages share.
            {
              name: 'base',
              test: /node_modules\/(react|react-dom|scheduler|zod|@tanstack\/(?!react-virtual|virtual))/,
            },
            // Without what only a dialog or the page of a run needs: the first scripts have a limit (tests/ui-behaviour.ui.test.ts).
            {
              name: 'app',
              test: /(apps\/web\/src\/(app|components|lib)|packages\/contracts)\/(?!(ansi|confirm|form|keyboard-help|secret)\.tsx?$)/,
            },
          ],
        },
      },
    },
  },
});
