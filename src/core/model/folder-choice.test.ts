import { doesNotThrow, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { checkFolderChoice } from './folder-choice.ts';

const PLACES = { home: '/home/maria', own: ['/home/maria/.config/lanfold', '/srv/state'] };
const SHARED = [{ id: 'photos', path: '/home/maria/Photos' }];

const rows: [rule: string, path: string, id: string, code: string | undefined][] = [
  ['N8 a folder in the home directory may be shared', '/home/maria/Notes', 'notes', undefined],
  ['N8 what is shared already may be shared again', '/home/maria/Photos', 'photos', undefined],
  ['N8 a name that begins alike is another folder', '/home/maria/Photos 2', 'more', undefined],
  ['N8 not the whole disk', '/', 'all', 'E_FOLDER_PROTECTED'],
  ['N8 nor the home directory', '/home/maria', 'home', 'E_FOLDER_PROTECTED'],
  ['N8 nor what is around it', '/home', 'homes', 'E_FOLDER_PROTECTED'],
  ['N8 nor what holds the key of this device', '/home/maria/.config', 'config', 'E_FOLDER_PROTECTED'],
  ['N8 nor where the key is', '/home/maria/.config/lanfold', 'key', 'E_FOLDER_PROTECTED'],
  ['N8 nor anything among the records', '/srv/state/sub', 'sub', 'E_FOLDER_PROTECTED'],
  ['N8 nor a directory inside a shared folder', '/home/maria/Photos/2026', 'year', 'E_FOLDER_NESTED'],
  ['N8 an ID is one folder', '/home/maria/Other', 'photos', 'E_FOLDER_EXISTS'],
  ['N8 a directory has one ID', '/home/maria/Photos', 'other', 'E_FOLDER_EXISTS'],
];
for (const [rule, path, id, code] of rows) {
  test(rule, () => {
    const check = (): void => checkFolderChoice({ id, path }, SHARED, PLACES);
    if (code === undefined) doesNotThrow(check);
    else throws(check, { code });
  });
}
