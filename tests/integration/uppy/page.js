// A page as somebody would write it: Uppy as it is, told where its companion is. The tests call `start`.
import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'

// The same bytes as tests/integration/test_uppy.py expects: each is its place times 31, plus the seed.
function bytes(size, seed) {
  const content = new Uint8Array(size)
  for (let place = 0; place < size; place++) content[place] = place * 31 + seed
  return content
}

// `pauseFor` pauses once, after the first part, for so many ms; `cancelAfterPart` removes the file then.
window.start = async ({ endpoint, files, options = {}, pauseFor = 0, cancelAfterPart = false }) => {
  const { multipart, ...rest } = options
  const plugin = { companionEndpoint: endpoint, ...rest }
  if (multipart !== undefined) plugin.shouldUseMultipart = multipart
  const uppy = new Uppy().use(AwsS3, plugin)
  uppy.on('file-added', (file) => uppy.setFileMeta(file.id, { size: file.size, ...file.meta }))
  for (const { name, type, size, seed, meta } of files) {
    uppy.addFile({ name, type, data: new Blob([bytes(size, seed)], { type }), meta })
  }
  let parts = 0
  uppy.on('s3-multipart:part-uploaded', (file) => {
    parts += 1
    if (parts !== 1) return
    if (cancelAfterPart) uppy.removeFile(file.id)
    if (pauseFor) {
      uppy.pauseResume(file.id)
      setTimeout(() => uppy.pauseResume(file.id), pauseFor)
    }
  })
  const result = await uppy.upload()
  return {
    parts,
    successful: result.successful.map((file) => file.name),
    failed: result.failed.map((file) => file.name),
  }
}
