// Which packages the page is made of, and under which licences: what the station hands out with it, as those licences ask.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import type { Plugin } from "vite";

interface Package {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
}

/** Every package of the lock file by its folder, those for building too. */
export function packages(): [folder: string, about: Package][] {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Package> };
  return Object.entries(lock.packages).filter(([folder]) => folder !== "");
}

/** The licence texts of what the page is made of. */
function texts(): string {
  const shipped = packages().filter(([folder, { dev }]) => dev !== true && existsSync(folder));
  const parts = shipped.map(([folder, { version, license }]) => {
    const names = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name));
    const text = names.sort().map((name) => readFileSync(`${folder}/${name}`, "utf8").trim());
    const name = folder.replace(/^.*node_modules\//, "");
    return [`${name} ${version}: ${license}`, ...text].join("\n\n");
  });
  return `${parts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/** Writes them beside the page. */
export function licences(): Plugin {
  return {
    name: "licences",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "licences.txt", source: texts() });
    },
  };
}
