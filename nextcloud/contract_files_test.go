package nextcloud_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/nextcloud"
)

// folder makes a Team folder for the time of a test.
func (s *suite) folder(t *testing.T, mountPoint string) int64 {
	t.Helper()
	var id int64
	after(t, "team folder", func(ctx context.Context) error { return s.removeFolder(ctx, id, mountPoint) })
	var err error
	id, err = s.client.CreateTeamFolder(t.Context(), mountPoint)
	does(t, "create team folder", err)
	return id
}

// removeFolder takes a folder away; one whose creation was not answered (id 0)
// is looked for by its mount point, which nobody else has.
func (s *suite) removeFolder(ctx context.Context, id int64, mountPoint string) error {
	if id != 0 {
		return s.client.DeleteTeamFolder(ctx, id)
	}
	folders, err := s.client.TeamFolders(ctx)
	for _, f := range folders {
		if f.MountPoint == mountPoint {
			err = errors.Join(err, s.client.DeleteTeamFolder(ctx, f.ID))
		}
	}
	return err
}

// withoutTeamFolders checks, where the app is missing, that this is what the
// client says, and tells whether it is.
func (s *suite) withoutTeamFolders(t *testing.T) bool {
	t.Helper()
	if s.caps.TeamFolders {
		return false
	}
	_, err := s.client.CreateTeamFolder(t.Context(), name(t, "f"))
	wants(t, "a team folder without the app", err, nextcloud.KindNoRoute, nextcloud.EffectNone)
	return true
}

func (s *suite) teamFolders(t *testing.T) {
	if s.withoutTeamFolders(t) {
		return
	}
	ctx, c := t.Context(), s.client
	group, mount := s.group(t, ""), name(t, "f")
	id := s.folder(t, mount)
	s.holds(t, nextcloud.TeamFolder{ID: id, MountPoint: mount, Groups: map[string]int{}, QuotaBytes: nextcloud.Unlimited})

	twin, err := c.CreateTeamFolder(ctx, mount)
	if err == nil { // version 27
		after(t, "twin", func(ctx context.Context) error { return c.DeleteTeamFolder(ctx, twin) })
		if twin == id {
			t.Error("two folders of one id")
		}
		does(t, "delete the twin", c.DeleteTeamFolder(ctx, twin))
	} else {
		wants(t, "a folder of the same mount point", err, nextcloud.KindExists, nextcloud.EffectNone)
	}

	does(t, "grant", c.GrantGroup(ctx, id, group))
	if err := c.GrantGroup(ctx, id, group); err != nil {
		wants(t, "granting again", err, nextcloud.KindServer, nextcloud.EffectUnknown)
	}
	does(t, "permissions", c.SetGroupPermissions(ctx, id, group, 1))
	does(t, "quota", c.SetTeamFolderQuota(ctx, id, 40<<30))
	s.holds(t, nextcloud.TeamFolder{ID: id, MountPoint: mount, Groups: map[string]int{group: 1}, QuotaBytes: 40 << 30})
	does(t, "all permissions", c.SetGroupPermissions(ctx, id, group, nextcloud.AllPermissions))
	does(t, "no quota", c.SetTeamFolderQuota(ctx, id, nextcloud.Unlimited))
	renamed := "Été – " + mount
	does(t, "rename", c.RenameTeamFolder(ctx, id, renamed))
	s.holds(t, nextcloud.TeamFolder{
		ID: id, MountPoint: renamed, Groups: map[string]int{group: nextcloud.AllPermissions}, QuotaBytes: nextcloud.Unlimited,
	})
	does(t, "delete", c.DeleteTeamFolder(ctx, id))
	s.holdsNo(t, id, group)
}

// holds compares a folder, read alone and in the list.
func (s *suite) holds(t *testing.T, want nextcloud.TeamFolder) {
	t.Helper()
	got, err := s.client.TeamFolder(t.Context(), want.ID)
	does(t, "read team folder", err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
	all, err := s.client.TeamFolders(t.Context())
	does(t, "list team folders", err)
	at := slices.IndexFunc(all, func(f nextcloud.TeamFolder) bool { return f.ID == want.ID })
	if at < 0 {
		t.Errorf("folder %d is not listed", want.ID)
		return
	}
	if diff := cmp.Diff(want, all[at]); diff != "" {
		t.Errorf("the listed folder (-want +got):\n%s", diff)
	}
}

func (s *suite) holdsNo(t *testing.T, id int64, group string) {
	t.Helper()
	ctx, c := t.Context(), s.client
	_, err := c.TeamFolder(ctx, id)
	wants(t, "reading a folder that is gone", err, nextcloud.KindNotFound, nextcloud.EffectNone)
	for what, err := range map[string]error{
		"deleting it again": c.DeleteTeamFolder(ctx, id),
		"granting on it":    c.GrantGroup(ctx, id, group),
		"its quota":         c.SetTeamFolderQuota(ctx, id, 1<<20),
		"renaming it":       c.RenameTeamFolder(ctx, id, name(t, "f")),
	} {
		wants(t, what, err, nextcloud.KindNotFound, nextcloud.EffectNone)
	}
	all, err := c.TeamFolders(ctx)
	if err != nil || slices.ContainsFunc(all, func(f nextcloud.TeamFolder) bool { return f.ID == id }) {
		t.Errorf("still listed, %v", err)
	}
}

// files works in the home of the service account alone.
func (s *suite) files(t *testing.T) {
	ctx, c := t.Context(), s.client
	root := "/" + name(t, "d") + " é+%&"
	after(t, "folder", func(ctx context.Context) error { return c.Remove(ctx, root) })
	does(t, "make folder", c.MakeDir(ctx, root))
	wants(t, "making it again", c.MakeDir(ctx, root), nextcloud.KindExists, nextcloud.EffectNone)
	wants(t, "below a missing parent", c.MakeDir(ctx, root+"/a/b"), nextcloud.KindConflict, nextcloud.EffectNone)

	text := []byte("# Bienvenue à l'Été\n")
	does(t, "upload", c.Upload(ctx, root+"/Lisez-moi.md", bytes.NewReader(text), int64(len(text))))
	does(t, "upload again", c.Upload(ctx, root+"/Lisez-moi.md", bytes.NewReader(text), int64(len(text))))
	does(t, "upload nothing", c.Upload(ctx, root+"/vide", bytes.NewReader(nil), 0))
	err := c.Upload(ctx, root+"/a/b", bytes.NewReader(text), int64(len(text)))
	if k := nextcloud.KindOf(err); k != nextcloud.KindNotFound && k != nextcloud.KindConflict {
		t.Errorf("upload below a missing parent: %v", err)
	}
	got, err := c.Download(ctx, root+"/Lisez-moi.md", 1<<10)
	if err != nil || !bytes.Equal(got, text) {
		t.Errorf("downloaded %q, %v", got, err)
	}
	_, err = c.Download(ctx, root+"/rien", 1<<10)
	wants(t, "downloading what is not there", err, nextcloud.KindNotFound, nextcloud.EffectNone)

	s.lists(t, root, map[string]int64{"": int64(len(text)), "/Lisez-moi.md": int64(len(text)), "/vide": 0})
	does(t, "move", c.Move(ctx, root+"/vide", root+"/rien.txt", false))
	does(t, "copy", c.Copy(ctx, root+"/Lisez-moi.md", root+"/copie.md", false))
	err = c.Copy(ctx, root+"/Lisez-moi.md", root+"/copie.md", false)
	wants(t, "copying over what exists", err, nextcloud.KindPrecondition, nextcloud.EffectNone)
	err = c.Move(ctx, root+"/rien.txt", root+"/copie.md", false)
	wants(t, "moving over what exists", err, nextcloud.KindPrecondition, nextcloud.EffectNone)
	err = c.Copy(ctx, root+"/Lisez-moi.md", root+"/a/b", false)
	wants(t, "copying below a missing parent", err, nextcloud.KindConflict, nextcloud.EffectNone)
	err = c.Copy(ctx, root+"/absent", root+"/c", false)
	wants(t, "copying what is not there", err, nextcloud.KindNotFound, nextcloud.EffectNone)
	does(t, "move over", c.Move(ctx, root+"/rien.txt", root+"/copie.md", true))
	s.lists(t, root, map[string]int64{"": int64(len(text)), "/Lisez-moi.md": int64(len(text)), "/copie.md": 0})

	does(t, "remove a file", c.Remove(ctx, root+"/copie.md"))
	wants(t, "removing it again", c.Remove(ctx, root+"/copie.md"), nextcloud.KindNotFound, nextcloud.EffectNone)
	does(t, "remove the folder", c.Remove(ctx, root))
	_, err = c.Properties(ctx, root, 0)
	wants(t, "reading what is gone", err, nextcloud.KindNotFound, nextcloud.EffectNone)
}

// lists compares a folder and what is directly below it, with sizes.
func (s *suite) lists(t *testing.T, root string, want map[string]int64) {
	t.Helper()
	entries, err := s.client.Properties(t.Context(), root, 1)
	does(t, "properties", err)
	got := map[string]int64{}
	for i, e := range entries {
		if e.Dir != (i == 0) || e.ETag == "" || e.Permissions == "" || e.MountType != "" {
			t.Errorf("entry %+v", e)
		}
		got[strings.TrimPrefix(e.Path, root)] = e.SizeBytes
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the folder holds (-want +got):\n%s", diff)
	}
}

// filesOfSpace fills a space as provisioning does: the service account joins the
// group for the time that it copies the template tree.
func (s *suite) filesOfSpace(t *testing.T) {
	if s.withoutTeamFolders(t) {
		return
	}
	ctx, c := t.Context(), s.client
	group, mount, template := s.group(t, ""), name(t, "espace"), "/"+name(t, "modele")
	id := s.folder(t, mount)
	does(t, "grant", c.GrantGroup(ctx, id, group))
	does(t, "quota", c.SetTeamFolderQuota(ctx, id, 1<<30))
	member, password := s.account(t, group)

	after(t, "template", func(ctx context.Context) error { return c.Remove(ctx, template) })
	does(t, "template", c.MakeDir(ctx, template))
	does(t, "template file", c.Upload(ctx, template+"/Lisez-moi.md", strings.NewReader("# Votre espace\n"), 15))

	space := "/" + mount
	err := c.Copy(ctx, template, space+"/Premiers pas", false)
	wants(t, "copying where the folder is not seen yet", err, nextcloud.KindConflict, nextcloud.EffectNone)
	_, err = c.Properties(ctx, space, 0)
	wants(t, "nothing was made in its place", err, nextcloud.KindNotFound, nextcloud.EffectNone)

	after(t, "membership", func(ctx context.Context) error { return c.LeaveGroup(ctx, s.me.ID, group) })
	does(t, "join", c.JoinGroup(ctx, s.me.ID, group))
	does(t, "copy", c.Copy(ctx, template, space+"/Premiers pas", false))
	err = c.Copy(ctx, template, space+"/Premiers pas", false)
	wants(t, "copying again", err, nextcloud.KindPrecondition, nextcloud.EffectNone)
	does(t, "copying over", c.Copy(ctx, template, space+"/Premiers pas", true))
	s.fillsUp(t, id, space)
	does(t, "leave", c.LeaveGroup(ctx, s.me.ID, group))
	_, err = c.Properties(ctx, space, 0)
	wants(t, "the folder after leaving", err, nextcloud.KindNotFound, nextcloud.EffectNone)

	s.memberSees(t, c.As(member, password), space)
	folder, err := c.TeamFolder(ctx, id)
	if err != nil || folder.SizeBytes != 15 {
		t.Errorf("the folder holds %d bytes, want 15 (%v)", folder.SizeBytes, err)
	}
}

// fillsUp lowers the folder's quota until nothing more fits.
func (s *suite) fillsUp(t *testing.T, id int64, space string) {
	t.Helper()
	ctx, c := t.Context(), s.client
	does(t, "small quota", c.SetTeamFolderQuota(ctx, id, 1<<10))
	err := c.Upload(ctx, space+"/gros.bin", bytes.NewReader(make([]byte, 4<<10)), 4<<10)
	wants(t, "more than fits", err, nextcloud.KindOverQuota, nextcloud.EffectNone)
	does(t, "quota back", c.SetTeamFolderQuota(ctx, id, 1<<30))
}

func (s *suite) memberSees(t *testing.T, member *nextcloud.Client, space string) {
	t.Helper()
	entries, err := member.Properties(t.Context(), space, 1)
	does(t, "properties as a member", err)
	paths := make([]string, 0, len(entries))
	for _, e := range entries {
		paths = append(paths, e.Path)
		if e.MountType != nextcloud.MountTypeGroup {
			t.Errorf("mount type %q of %s", e.MountType, e.Path)
		}
	}
	if !slices.Equal(paths, []string{space, space + "/Premiers pas"}) {
		t.Errorf("the member sees %v", paths)
	}
	if e := entries[0]; e.QuotaUsed != 15 || e.QuotaAvailable != 1<<30-15 {
		t.Errorf("quota: %d used, %d left", e.QuotaUsed, e.QuotaAvailable)
	}
	text, err := member.Download(t.Context(), space+"/Premiers pas/Lisez-moi.md", 1<<10)
	if err != nil || string(text) != "# Votre espace\n" {
		t.Errorf("the member reads %q, %v", text, err)
	}
}
