import { defineConfig } from "vite";
import { licences } from "./licences.ts";

// File names without hashes: the station embeds a fixed list of files, and revalidates each by its content.
export default defineConfig({
  base: "./",
  plugins: [licences()],
  build: {
    target: "es2024",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    modulePreload: false,
    rolldownOptions: {
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
