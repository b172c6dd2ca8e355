import { dataFolder } from '../settings.js'
import { FolderSessionStore } from './folder-session-store.js'
import { FolderStore } from './folder-store.js'
import type { Stores } from './stores.js'

/** Keeps everything in files below the data folder, for one process on one machine. @throws SettingError */
export function openFolders(): Stores {
  const sessions = new FolderStore(dataFolder('sessions'))
  const apple = new FolderStore(dataFolder('apple'))
  const shelf = new FolderStore(dataFolder('app'))
  return {
    sessions: new FolderSessionStore(sessions),
    apple,
    shelf,
    async close() {
      await Promise.all([sessions, apple, shelf].map((store) => store.close()))
    },
  }
}
