/**
 * The engine of a node's folder, and the shelf behind it.
 *
 *     engine.json     which engine it is, and where its shelf is
 *
 * It is chosen at the first start and stays: a node that looked into another engine would find nothing
 * there. Where the file is gone, what lies in the folder says which engine it is. What is not chosen is not
 * loaded. docs/decisions/0018-default-engine.md
 */

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { sqliteEngine, syncFolder } from '@dsm/node';
import type { Engine } from '@dsm/ports';
import { DsmError } from '@dsm/wallet';
import { exists } from './session.ts';

export interface EngineChoice {
  /** `segment-log`, `sqlite`, `lmdb`, or the URL of a PostgreSQL server. */
  readonly engine: string;
  /** Where sealed segments of a segment log go: `s3://bucket/prefix?endpoint=…&region=…`. */
  readonly shelf?: string;
}

const engines = 'segment-log, sqlite, lmdb or postgres://…';
/** What a new folder stands on if nobody says anything else. */
const usual = 'segment-log';

/** The engine in `data`, as it was chosen before or is chosen now. */
export async function openEngine(data: string, wanted: Partial<EngineChoice>): Promise<Engine> {
  const kept = await keptChoice(data);
  const engine = kept?.engine ?? wanted.engine ?? usual;
  if (wanted.engine !== undefined && wanted.engine !== engine) {
    throw new DsmError(
      'usage',
      `the node in ${data} stands on ${engine}; another engine needs another folder`,
    );
  }
  const shelf = wanted.shelf ?? kept?.shelf;
  if (shelf !== undefined && engine !== 'segment-log') {
    throw new DsmError('usage', 'only --engine segment-log has a shelf');
  }
  const choice = { engine, ...(shelf !== undefined && { shelf }) };
  const opened = await openChosen(data, choice);
  if (JSON.stringify(choice) !== JSON.stringify(kept)) await keepChoice(data, choice);
  return opened;
}

async function openChosen(data: string, { engine, shelf }: EngineChoice): Promise<Engine> {
  switch (engine) {
    case 'sqlite':
      return sqliteEngine(join(data, places.sqlite));
    case 'segment-log':
      return openLog(join(data, places['segment-log']), shelf);
    case 'lmdb':
      return (await import('@dsm/lmdb')).lmdbEngine(join(data, places.lmdb));
    default: {
      if (!/^postgres(?:ql)?:\/\//.test(engine)) {
        throw new DsmError('usage', `"${engine}" is no engine: there are ${engines}`);
      }
      const { postgresEngine } = await import('@dsm/postgres');
      return postgresEngine(engine, { requireStandby: true });
    }
  }
}

async function openLog(folder: string, url: string | undefined): Promise<Engine> {
  const { openSegmentLog } = await import('@dsm/segment-log');
  if (url === undefined) return openSegmentLog(folder);
  const { remembering, s3Shelf } = await import('@dsm/s3');
  const shelf = await s3Shelf(shelfPlace(url));
  try {
    const log = await openSegmentLog(folder, { shelf: remembering(shelf) });
    return { ...log, close: () => log.close().finally(shelf.close) };
  } catch (error) {
    shelf.close();
    throw error;
  }
}

/** What a check of the engine itself finds, for the engine that has one. */
export interface EngineFinding {
  readonly kind: string;
  readonly sentence: string;
  /** Nothing is lost by it. */
  readonly isHarmless: boolean;
  readonly isRepaired: boolean;
}

/** Looks at every byte of the engine in `data`, which nobody may have open. */
export async function checkEngine(
  data: string,
  repair: boolean,
): Promise<readonly EngineFinding[]> {
  const { engine, shelf: url } = (await keptChoice(data)) ?? {};
  if (engine !== 'segment-log') return [];
  const { checkSegmentLog } = await import('@dsm/segment-log');
  if (url === undefined)
    return (await checkSegmentLog(join(data, places['segment-log']), { repair })).findings;
  const { s3Shelf } = await import('@dsm/s3');
  const shelf = await s3Shelf(shelfPlace(url));
  try {
    return (await checkSegmentLog(join(data, places['segment-log']), { repair, shelf })).findings;
  } finally {
    shelf.close();
  }
}

export interface ShelfPlace {
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint?: string;
  readonly region?: string;
}

/** Credentials stand in no URL: they come from the environment or from the files of the AWS tools. */
export function shelfPlace(text: string): ShelfPlace {
  const url = URL.parse(text);
  const isPlain = url?.username === '' && url.password === '' && url.port === '';
  const known = ['endpoint', 'region'];
  if (
    url?.protocol !== 's3:' ||
    url.hostname === '' ||
    !isPlain ||
    [...url.searchParams.keys()].some((name) => !known.includes(name))
  ) {
    throw new DsmError('usage', `"${text}" is no shelf: write s3://bucket/prefix?endpoint=…`);
  }
  const folder = unescaped(url.pathname).replace(/^\/+|\/+$/g, '');
  const [endpoint, region] = known.map((name) => url.searchParams.get(name) ?? undefined);
  return {
    bucket: url.hostname,
    prefix: folder === '' ? '' : `${folder}/`,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
  };
}

/** What the percent signs of a path stand for. */
function unescaped(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new DsmError('usage', `the percent signs in "${path}" stand for no text`, { cause });
  }
}

/** What each engine that is on this machine puts into the folder. */
const places = { sqlite: 'node.db', 'segment-log': 'log', lmdb: 'lmdb' } as const;

/** The choice that was made; where it was not kept, the engine that lies in the folder. */
async function keptChoice(data: string): Promise<EngineChoice | undefined> {
  const path = join(data, 'engine.json');
  if (!(await exists(path))) {
    for (const [engine, place] of Object.entries(places)) {
      if (await exists(join(data, place))) return { engine };
    }
    return undefined;
  }
  const { engine, shelf } = fieldsOf(await readFile(path, 'utf8'));
  const isShelf = shelf === undefined || typeof shelf === 'string';
  if (typeof engine !== 'string' || !isShelf) {
    throw new DsmError('integrity', `${path} does not say which engine this is`);
  }
  return { engine, ...(shelf !== undefined && { shelf }) };
}

/** Readable by the owner alone, because the URL of a server may hold a password. */
async function keepChoice(data: string, choice: EngineChoice): Promise<void> {
  const path = join(data, 'engine.json');
  await mkdir(data, { recursive: true, mode: 0o700 });
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(choice)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(data);
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
