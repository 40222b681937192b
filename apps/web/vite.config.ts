import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const controlPlane = process.env.CONTROL_PLANE_URL ?? 'http://127.0.0.1:7700';

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: { '/api': controlPlane, '/healthz': controlPlane, '/openapi.json': controlPlane, '/docs': controlPlane },
  },
  build: {
    outDir: 'dist',
    // The server's content policy allows no data: addresses but for images.
    assetsInlineLimit: 0,
    // elkjs alone is 1.6 MB; it is loaded with the lineage page only.
    chunkSizeWarningLimit: 1700,
  },
});
