// Bundles the screens' scripts, styles, font and icons into console/static/dist.
//
// Every file's name carries a hash of its content, so browsers may keep it for ever; manifest.json
// tells the server the name of the day. A gzip twin stands beside each text file: pages themselves
// are not compressed (they carry secrets: a form token beside text a stranger wrote), bundles are.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import icons from "./icons.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const target = join(here, "..", "static", "dist");
const making = `${target}.${process.pid}`;

/** One SVG file with a <symbol> for each icon named in icons.mjs. */
async function sprite() {
  const symbols = await Promise.all(
    icons.map(async (name) => {
      const file = join(root, "node_modules/@tabler/icons/icons/outline", `${name}.svg`);
      const inner = (await readFile(file, "utf8")).replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "");
      return `<symbol id="${name}" viewBox="0 0 24 24">${inner.trim()}</symbol>`;
    }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

async function build() {
  await mkdir(making, { recursive: true });
  const result = await esbuild.build({
    entryPoints: {
      app: join(here, "app.js"),
      case: join(here, "case.js"),
      rtl: join(here, "rtl.css"),
      ltr: join(here, "ltr.css"),
    },
    outdir: making,
    bundle: true,
    minify: true,
    metafile: true,
    format: "esm",
    target: "es2022",
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file" },
    legalComments: "linked",
    logLevel: "warning",
    nodePaths: [join(root, "node_modules")],
  });
  const manifest = {};
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    const name = relative(making, join(process.cwd(), path));
    if (output.entryPoint) manifest[name.replace(/-[A-Z0-9]+(\.\w+)$/, "$1")] = name;
    else if (name.endsWith(".woff2")) manifest["font.woff2"] = name;
  }
  const svg = await sprite();
  const hash = createHash("sha256").update(svg).digest("hex").slice(0, 8).toUpperCase();
  manifest["icons.svg"] = `icons-${hash}.svg`;
  await writeFile(join(making, manifest["icons.svg"]), svg);
  await writeFile(join(making, "manifest.json"), JSON.stringify(manifest, null, 2));
  for (const name of await readdir(making)) {
    if (/\.(js|css|svg)$/.test(name)) {
      await writeFile(join(making, `${name}.gz`), gzipSync(await readFile(join(making, name)), { level: 9 }));
    }
  }
  // Swapped in whole: a server that starts meanwhile never sees half a bundle.
  await rm(target, { recursive: true, force: true });
  await rename(making, target);
}

await build();
