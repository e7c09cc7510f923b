// What a task needs before it can run: Node.js 24, the npm packages of package-lock.json, the web page.
// Each is there or is made, once, by one process at a time. Plain JavaScript without dependencies, since
// it runs before any of that is there.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

export const root = path.resolve(fileURLToPath(new URL('../../', import.meta.url)));

const NODE_MAJOR = 24;
const NODE_VERSION = '24.21.0';
/** A slow network may need this long; another start waits for it. */
const LOCK_WAIT_MS = 15 * 60_000;

/** An error whose message alone tells the user what to do. */
export class SetupError extends Error {}

/** @param {string} line */
function tell(line) {
  process.stderr.write(`setup: ${line}\n`);
}

/**
 * Makes everything ready.
 * @param {{ web: boolean }} needs
 * @returns {Promise<string>} path of the Node.js to run tasks with.
 */
export async function prepare({ web }) {
  if (isReady(web)) return nodePath();
  const lock = { file: path.join(root, '.runtime', 'setup.lock'), waitMs: LOCK_WAIT_MS };
  const onWait = (/** @type {number} */ owner) => tell(`waiting for process ${owner}, which sets up already`);
  return withLock({ ...lock, onWait }, async () => {
    await ensureNode();
    await ensurePackages();
    if (web) await ensureWeb();
    return nodePath();
  });
}

/** @param {boolean} web */
function isReady(web) {
  return (
    nodeIsThere() && readText(packagesStamp) === packagesWanted() && (!web || readText(webStamp()) === webWanted())
  );
}

function nodePackage() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  return `node-${platform}-${process.arch}`;
}

function nodePath() {
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) return process.execPath;
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  return path.join(root, '.runtime', 'node', 'node_modules', nodePackage(), 'bin', program);
}

function nodeIsThere() {
  const node = nodePath();
  if (node === process.execPath) return true;
  return (
    existsSync(node) && readText(path.join(path.dirname(node), '..', 'package.json')).includes(`"${NODE_VERSION}"`)
  );
}

async function ensureNode() {
  if (nodeIsThere()) return;
  tell(`this is Node.js ${process.versions.node}; fetching ${NODE_VERSION} into .runtime/node`);
  const prefix = path.join(root, '.runtime', 'node');
  mkdirSync(prefix, { recursive: true });
  await npm(process.execPath, ['install', '--prefix', prefix, '--no-save', `${nodePackage()}@${NODE_VERSION}`]);
  const node = nodePath();
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) {
    throw new SetupError(
      `The Node.js in ${node} does not run on this machine: install Node.js ${NODE_MAJOR} yourself.`,
    );
  }
}

const packagesStamp = path.join(root, 'node_modules', '.unison-packages');

function packagesWanted() {
  return `${hashOf(['package-lock.json'])} ${process.platform}-${process.arch}\n`;
}

async function ensurePackages() {
  if (readText(packagesStamp) === packagesWanted()) return;
  tell('installing packages (npm ci)');
  await npm(nodePath(), ['ci', '--include=dev', '--include=optional']);
  writeFileSync(packagesStamp, packagesWanted());
}

function webStamp() {
  return path.join(root, 'dist', 'web', '.unison-web');
}

/** Empty while there is no web page in the checkout, and then nothing is built. */
function webWanted() {
  const folder = path.join(root, 'cloud', 'web');
  if (!existsSync(path.join(folder, 'index.html'))) return '';
  const files = filesBelow(folder).map((file) => path.relative(root, file));
  return `${hashOf(['package-lock.json', 'deploy/setup/install.mjs', ...files])}\n`;
}

/** Built beside and renamed, so that a killed build leaves the page of before. */
async function ensureWeb() {
  const wanted = webWanted();
  if (readText(webStamp()) === wanted) return;
  tell('building the web page');
  const target = path.join(root, 'dist', 'web');
  const fresh = `${target}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const vite = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = [
    vite,
    'build',
    path.join(root, 'cloud', 'web'),
    '--outDir',
    fresh,
    '--emptyOutDir',
    '--logLevel',
    'warn',
  ];
  const { code, output } = await run(nodePath(), args);
  if (code !== 0) throw new SetupError(`The web page could not be built:\n${output}`);
  writeFileSync(path.join(fresh, '.unison-web'), wanted);
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
}

/** @param {string} node @param {string[]} args */
async function npm(node, args) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const given = process.env['npm_execpath'];
  const cli = given !== undefined && path.basename(given) === 'npm-cli.js' ? given : undefined;
  const windows = process.platform === 'win32';
  const { code, output } =
    cli === undefined
      ? await run(windows ? 'npm.cmd' : 'npm', [...args, ...quiet], { shell: windows, node })
      : await run(node, [cli, ...args, ...quiet], { shell: false, node });
  if (code !== 0) throw new SetupError(`npm ${args[0]} failed. ${advice(output)}\n${output.trim().slice(-2_000)}`);
}

/** @param {string} output */
function advice(output) {
  if (/ENOENT.*npm|npm: not found|spawn npm/.test(output)) return 'There is no npm: install it beside Node.js.';
  if (/ENOSPC/.test(output)) return 'The disk is full: make room and start again.';
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/i.test(output)) {
    return 'The npm registry cannot be reached: check the network or proxy, then start again.';
  }
  if (/EACCES|EPERM/.test(output)) return `This user may not write into ${root}: mend the owner of its files.`;
  if (/EUSAGE|in sync/.test(output)) return 'package-lock.json does not match package.json: run npm install once.';
  if (/ETARGET|E404|notarget/.test(output)) return 'A package is not to be had: check the registry npm is set to.';
  return 'Its last words:';
}

/**
 * @param {string} file @param {string[]} args @param {{ shell?: boolean, node?: string }} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
function run(file, args, options = {}) {
  const bin = path.dirname(options.node ?? nodePath());
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: root,
      shell: options.shell ?? false,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}` },
    });
    let output = '';
    const listen = (/** @type {Buffer} */ chunk) => {
      output = `${output}${chunk.toString()}`.slice(-20_000);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', (error) => resolve({ code: 1, output: `${error.message}\n${output}` }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** @param {string} folder @returns {string[]} */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(file) : [file];
    })
    .sort();
}

/** @param {string[]} files relative to the checkout */
function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
