package checkpoint

import "os"

// Faults stands in for the disk of a Directory; each function that is nil leaves the step to the real one.
type Faults struct {
	Write   func(f *os.File, data []byte) error
	Sync    func(f *os.File) error
	SyncDir func(path string) error
}

func (f Faults) write(file *os.File, data []byte) error {
	if f.Write != nil {
		return f.Write(file, data)
	}
	return realDisk{}.write(file, data)
}

func (f Faults) sync(file *os.File) error {
	if f.Sync != nil {
		return f.Sync(file)
	}
	return realDisk{}.sync(file)
}

func (f Faults) syncDir(path string) error {
	if f.SyncDir != nil {
		return f.SyncDir(path)
	}
	return realDisk{}.syncDir(path)
}

// Inject makes the disk of d fail as f says.
func (d *Directory) Inject(f Faults) { d.disk = f }
