/** The importer's thread where storage is refused. */
import './refuseStorage.ts';
import '../../../workers/importer.ts';
